using BenchmarkDotNet.Running;
using Linkerd.Tcp.Benchmarks.Baseline;
using Linkerd.Tcp.Benchmarks.ConnectCost;
using Linkerd.Tcp.Benchmarks.CopyCost;
using Linkerd.Tcp.Benchmarks.Discovery;
using Linkerd.Tcp.Benchmarks.PickThreads;
using Linkerd.Tcp.Benchmarks.Storm;

if (args is ["copy-cost", .. var rest])
{
    return await CopyCostCommand.RunAsync(rest);
}

if (args is ["connect-cost", .. var connecting])
{
    return await ConnectCostCommand.RunAsync(connecting);
}

if (args is ["baseline", .. var baseline])
{
    return await BaselineCommand.RunAsync(baseline);
}

if (args is ["discovery", .. var discovery])
{
    return await DiscoveryCommand.RunAsync(discovery);
}

if (args is ["storm", .. var storm])
{
    return await StormCommand.RunAsync(storm);
}

if (args is ["pick-threads", .. var options])
{
    return PickThreadsCommand.Run(options);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
