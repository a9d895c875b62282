using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Reads networks of clients.</summary>
internal static class ClientNetworksText
{
    /// <summary>Reads a list with commas; null for <c>off</c>.</summary>
    /// <exception cref="InvalidValueException">It is neither.</exception>
    public static ClientNetworks? Parse(string text) => text == "off" ? null
        : ClientNetworks.TryParse(text, out var networks, out var error) ? networks
        : throw new InvalidValueException(error);
}
