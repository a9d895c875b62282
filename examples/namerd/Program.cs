// A namerd to try things with, without namerd: its HTTP and gRPC interfaces over dtabs in memory and the files of a directory.
using System.Net;
using System.Runtime.InteropServices;
using Linkerd.Tcp.TestUtilities;
using NamerdStandInExample;

if (!Arguments.TryParse(args, out var arguments, out var error))
{
    await (error.Length == 0 ? Console.Out : Console.Error).WriteLineAsync(error.Length == 0 ? Arguments.Usage : $"error: {error}\n\n{Arguments.Usage}");
    return error.Length == 0 ? 0 : 64;
}

await using var namerd = await NamerdStandIn.StartAsync(new NamerdStandInOptions
{
    EndPoint = new IPEndPoint(arguments.Address, arguments.Port),
    Log = line => Console.WriteLine($"{TimeProvider.System.GetLocalNow():HH:mm:ss.fff} {line}"),
    Resolver = async (host, cancellationToken) =>
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, cancellationToken);
        }
        catch (System.Net.Sockets.SocketException exception) when (exception.SocketErrorCode is System.Net.Sockets.SocketError.HostNotFound or System.Net.Sockets.SocketError.NoData)
        {
            return [];
        }
    },
});
foreach (var (ns, dtab) in arguments.Dtabs)
{
    namerd.SetDtab(ns, dtab);
    Console.WriteLine($"namespace {ns}: {dtab}");
}

using var disco = arguments.Disco is { } directory ? new DiscoDirectory(directory, namerd) : null;
Console.WriteLine(disco is null ? "no files: --disco <DIR> is not given" : $"files of /#/io.l5d.fs: {disco.Path}");
Console.WriteLine($"listening on {namerd.BaseAddress}");
await using var mesh = arguments.MeshPort is { } port ? await MeshStandIn.StartAsync(namerd, new MeshStandInOptions { Address = arguments.Address, Port = port }) : null;
if (mesh is not null)
{
    Console.WriteLine($"listening on {mesh.Address}");
}

var stop = new TaskCompletionSource<PosixSignal>();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
if (await stop.Task == PosixSignal.SIGTERM)
{
    Console.WriteLine("stopping: as a namerd does, silent for 10 s; SIGINT ends it at once");
    await namerd.StopAsync(TimeSpan.FromSeconds(10));
}

return 0;

void OnSignal(PosixSignalContext context)
{
    // A second one is left to the system.
    context.Cancel = stop.TrySetResult(context.Signal);
}
