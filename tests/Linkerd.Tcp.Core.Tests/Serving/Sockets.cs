using System.Globalization;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>The TCP sockets of this process, as the kernel tells of them (/proc/net/tcp, proc(5)).</summary>
internal static class Sockets
{
    private const int LocalAddress = 1;
    private const int RemoteAddress = 2;
    private const int Timer = 5;
    private const int Inode = 9;

    /// <summary>How many descriptors are open here whose socket has one of these local ports, listening or connected.</summary>
    public static int CountWithPorts(IEnumerable<int> ports)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        var wanted = ports.ToHashSet();
        var inodes = Read().Where(line => wanted.Contains(PortOf(line[LocalAddress]))).Select(line => $"socket:[{line[Inode]}]").ToHashSet();
        return Directory.GetFiles("/proc/self/fd").Select(LinkOf).Count(link => link is not null && inodes.Contains(link));
    }

    /// <summary>Whether the keep-alive timer of a connection runs.</summary>
    public static bool HasKeepAlive(int localPort, int remotePort) =>
        Read().Single(line => PortOf(line[LocalAddress]) == localPort && PortOf(line[RemoteAddress]) == remotePort)[Timer].StartsWith("02:", StringComparison.Ordinal);

    private static IEnumerable<string[]> Read() =>
        File.ReadLines("/proc/net/tcp").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static int PortOf(string address) => int.Parse(address.AsSpan(address.IndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string? LinkOf(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: false)?.Name;
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return null;
        }
    }
}
