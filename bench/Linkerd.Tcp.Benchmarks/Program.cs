using BenchmarkDotNet.Running;
using Linkerd.Tcp.Benchmarks.CopyCost;

if (args is ["copy-cost", .. var rest])
{
    return await CopyCostCommand.RunAsync(rest);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
