using System.Globalization;
using Linkerd.Tcp.BalanceSim;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return SimulateCommand.Create().Parse(args).Invoke();
