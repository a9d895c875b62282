using System.CommandLine;
using System.Runtime.InteropServices;
using Linkerd.Tcp.LoadTest;
using Linkerd.Tcp.LoadTest.Comparing;
using Linkerd.Tcp.LoadTest.Crowds;
using Linkerd.Tcp.LoadTest.Running;
using Linkerd.Tcp.LoadTest.Tls;

if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
{
    Console.Error.WriteLine("error: the load test calls the kernel directly and runs on Linux, x64 or arm64, only");
    return ExitCode.Failure;
}

var root = new RootCommand("Load for TCP proxies, and their comparison side by side")
{
    RunCommand.Create(),
    CompareCommand.Create(),
    CertificatesCommand.Create(),
    CrowdCommand.Create("crowd", "So many clients that connect at once, through all proxies in turns: how long each waits for its echo", static settings => new Crowd(settings)),
    CrowdCommand.Create("stops", "A soft stop of each proxy under load, in turns: sessions that were lost though their clients had connected", static settings => new Stop(settings)),
};

// When interrupted, compare ends what it started, one after the other.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
