namespace Linkerd.Tcp.Cli;

/// <content>The options that decide who a client is, who may connect, and what servers know of it.</content>
internal static partial class CliOptions
{
    public static ValueOption<ClientNetworks?> AcceptProxy { get; } = new(
        null,
        "accept-proxy",
        "CIDR[,...]",
        "Networks of the proxies that send a PROXY header, version 1 or 2, and must; other peers are reset",
        "off",
        ClientNetworksText.Parse);

    public static ValueOption<ProxyProtocolVersion?> SendProxy { get; } = new(
        null, "send-proxy", "v1|v2", "Begin server connections with a PROXY header that names the client; none are made ahead then", "off", ParseVersion);

    public static ValueOption<ClientNetworks?> AllowClient { get; } = new(
        null, "allow-client", "CIDR[,...]", "Networks of the clients that may connect; others are reset", "off", ClientNetworksText.Parse);

    public static ValueOption<ClientNetworks?> DenyClient { get; } = new(
        null, "deny-client", "CIDR[,...]", "Networks of clients that are reset, whatever --allow-client says", "off", ClientNetworksText.Parse);

    /// <summary>These options, in the order of the help text.</summary>
    public static IReadOnlyList<CliOption> Clients => [AcceptProxy, SendProxy, AllowClient, DenyClient];

    private static ProxyProtocolVersion? ParseVersion(string text) => text switch
    {
        "off" => null,
        "v1" => ProxyProtocolVersion.V1,
        "v2" => ProxyProtocolVersion.V2,
        _ => throw new InvalidValueException("expected v1, v2 or off"),
    };
}
