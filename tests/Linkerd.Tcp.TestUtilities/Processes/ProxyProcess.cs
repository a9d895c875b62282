using System.Net;
using System.Text.RegularExpressions;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// The real executable, listening on a free port, of loopback unless told otherwise. LINKERD_TCP_TRANSPORT names the transport of those that
/// are not given one; unset, it is the executable's default.
/// </summary>
public sealed partial class ProxyProcess : ChildProcess
{
    private static readonly string? Transport = Environment.GetEnvironmentVariable("LINKERD_TCP_TRANSPORT");

    // The native executable collects so often by itself; the budget of others depends on the processor's cache, which may be larger than what tests allow.
    private ProxyProcess(string program, IEnumerable<string> arguments, string log)
        : base(program, arguments, new Dictionary<string, string?> { ["LINKERD_TCP_LOG"] = log, ["RUST_LOG"] = null, ["DOTNET_GCgen0size"] = "800000" })
    {
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary>The port that it listens on.</summary>
    public string Port => EndPoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="executable">Its file.</param>
    /// <param name="target">The TARGET argument; null: none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="options">More of the command line.</param>
    /// <param name="log">What it logs, as LINKERD_TCP_LOG has it.</param>
    /// <param name="listen">Where it listens.</param>
    /// <param name="through">A program, and its arguments, that runs what follows them; default none.</param>
    public static async Task<ProxyProcess> StartAsync(
        string executable,
        string? target,
        CancellationToken cancellationToken,
        IEnumerable<string>? options = null,
        string log = "info",
        string listen = "127.0.0.1:0",
        IEnumerable<string>? through = null)
    {
        string[] given = [.. options ?? []];
        string[] transport = string.IsNullOrEmpty(Transport) || given.Contains("--transport") ? [] : ["--transport", Transport];
        string[] command = [.. through ?? [], executable, "-l", listen, .. transport, .. given, .. target is null ? Array.Empty<string>() : [target]];
        var proxy = new ProxyProcess(command[0], command[1..], log);
        try
        {
            var line = await proxy.Error.WaitForAsync(candidate => ListeningLine().IsMatch(candidate), cancellationToken);
            proxy.EndPoint = IPEndPoint.Parse(ListeningLine().Match(line).Groups[1].Value);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>A target that leads to servers on loopback, each with a weight of 1.</summary>
    public static string TargetOf(params IEnumerable<EndPoint> servers) => string.Join(" & ", servers.Select(InetName));

    /// <summary>The name that the embedded interpreter binds to one address.</summary>
    public static string InetName(EndPoint server) =>
        server is IPEndPoint ip ? $"/$/inet/{ip.Address}/{ip.Port}" : throw new ArgumentException("not an IP address", nameof(server));

    [GeneratedRegex(@"\] listening on ([^\s,]+)(?: for |, where )")]
    private static partial Regex ListeningLine();
}
