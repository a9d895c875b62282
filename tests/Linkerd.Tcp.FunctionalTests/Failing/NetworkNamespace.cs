using System.Globalization;
using System.Net;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// A network namespace of a test's own, with a cable to the test's: what runs in it may lose packets. Needs root, or sudo without a password. Linux. Disposing
/// it ends what runs in it.
/// </summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private static readonly string[] AsRoot = Environment.UserName == "root" ? [] : ["sudo", "-n", "-E"];

    // Nets of four addresses in 10.199.0.0/16. Two at once must not have the same, or connections to one go to the other.
    private const int Nets = 1 << 14;
    private static int Last = Random.Shared.Next(Nets);
    private readonly string _name;

    private NetworkNamespace(string name, int net)
    {
        _name = name;
        Outside = AddressOf(net, 1);
        Inside = AddressOf(net, 2);
    }

    /// <summary>The test's end of the cable.</summary>
    public IPAddress Outside { get; }

    /// <summary>The other end, within the namespace.</summary>
    public IPAddress Inside { get; }

    /// <summary>A program, and its arguments, that runs in the namespace what follows them.</summary>
    public IReadOnlyList<string> Run => [.. AsRoot, Require.Program("ip"), "netns", "exec", _name];

    /// <summary>Makes one, or skips the test and says why.</summary>
    public static async Task<NetworkNamespace> CreateAsync()
    {
        Require.Linux();
        _ = (Require.Program("ip"), Require.Program("iptables"));
        Assert.SkipWhen(AsRoot.Length > 0 && ExternalProgram.Find("sudo") is null, "a network namespace needs root");

        var number = NextNet();
        var made = new NetworkNamespace(string.Create(CultureInfo.InvariantCulture, $"linkerd-tcp-{number}"), number);
        var (here, there) = ($"lt{number}a", $"lt{number}b");
        await using (var added = await RootAsync("ip", "netns", "add", made._name))
        {
            Assert.SkipWhen(await ExitCodeAsync(added) != 0, $"no network namespace can be made here: {added.Error.Text}");
        }

        try
        {
            await MustAsync("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", made._name);
            await MustAsync("ip", "addr", "add", $"{made.Outside}/30", "dev", here);
            await MustAsync("ip", "link", "set", here, "up");
            await MustAsync("ip", "-n", made._name, "addr", "add", $"{made.Inside}/30", "dev", there);
            await MustAsync("ip", "-n", made._name, "link", "set", there, "up");
            await MustAsync("ip", "-n", made._name, "link", "set", "lo", "up");
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>Drops, from now on, every SYN from within the namespace to an address and port outside.</summary>
    public Task DropSynsAsync(IPEndPoint server)
    {
        string[] rule = ["-A", "OUTPUT", "-p", "tcp", "--syn", "-d", $"{server.Address}", "--dport", server.Port.ToString(CultureInfo.InvariantCulture), "-j", "DROP"];
        return MustAsync("ip", ["netns", "exec", _name, Require.Program("iptables"), .. rule]);
    }

    /// <summary>Adds an interface with an IPv6 address of its own.</summary>
    public async Task AddInterfaceAsync(string name, IPAddress address)
    {
        // Both ends of a cable, as the kernel may have no other kind of interface.
        await MustAsync("ip", "-n", _name, "link", "add", name, "type", "veth", "peer", "name", name + "b");
        await MustAsync("ip", "-n", _name, "link", "set", name + "b", "up");
        await MustAsync("ip", "-n", _name, "link", "set", name, "up");
        await MustAsync("ip", "-n", _name, "addr", "add", $"{address}/64", "dev", name, "nodad");
    }

    /// <summary>Drops, from now on, every packet of one connection from the namespace to the outside: what is left of it when its peer has vanished.</summary>
    public async Task CutAsync(IPEndPoint inside, IPEndPoint outside)
    {
        var (here, there) = (inside.Port.ToString(CultureInfo.InvariantCulture), outside.Port.ToString(CultureInfo.InvariantCulture));
        string[] iptables = ["netns", "exec", _name, Require.Program("iptables"), "-A"];
        await MustAsync("ip", [.. iptables, "OUTPUT", "-p", "tcp", "--sport", here, "--dport", there, "-j", "DROP"]);
        await MustAsync("ip", [.. iptables, "INPUT", "-p", "tcp", "--sport", there, "--dport", here, "-j", "DROP"]);
    }

    /// <summary>Forbids, from now on, every connection from within the namespace to an address: connect gives EACCES.</summary>
    public Task ProhibitAsync(IPAddress address) => MustAsync("ip", "-n", _name, "route", "add", "prohibit", $"{address}");

    public async ValueTask DisposeAsync()
    {
        await using (var pids = await RootAsync("ip", "netns", "pids", _name))
        {
            if (pids.Output.Lines is { Count: > 0 } running)
            {
                await using var killed = await RootAsync("kill", ["-9", .. running]);
            }
        }

        // The cable goes with it.
        await using var deleted = await RootAsync("ip", "netns", "delete", _name);
    }

    // Both runs of a CI may be under way on one machine. The addresses of its interfaces cannot be asked for while others make and delete interfaces (.NET throws
    // then), and an interface's name says its net.
    private static int NextNet()
    {
        var interfaces = File.ReadAllText("/proc/net/dev");
        while (true)
        {
            var net = Interlocked.Increment(ref Last) & (Nets - 1);
            if (!interfaces.Contains($"lt{net}a:", StringComparison.Ordinal))
            {
                return net;
            }
        }
    }

    private static IPAddress AddressOf(int net, int host) => new([10, 199, (byte)(net >> 6), (byte)(((net & 63) << 2) + host)]);

    private static async Task MustAsync(string program, params string[] arguments)
    {
        await using var process = await RootAsync(program, arguments);
        Assert.True(await ExitCodeAsync(process) == 0, $"{program} {string.Join(' ', arguments)}: {process.Error.Text}");
    }

    private static Task<ChildProcess> RootAsync(string program, params string[] arguments)
    {
        string[] command = [.. AsRoot, Require.Program(program), .. arguments];
        return ChildProcess.RunAsync(command[0], command[1..], CancellationToken.None);
    }

    private static Task<int> ExitCodeAsync(ChildProcess process) => process.WaitForExitAsync(CancellationToken.None);
}
