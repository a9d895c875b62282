using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Reads networks of clients.</summary>
internal static class ClientNetworksText
{
    /// <summary>Reads networks and addresses; null if there are none.</summary>
    /// <exception cref="InvalidValueException">An item is neither.</exception>
    public static ClientNetworks? Parse(IReadOnlyList<string> items) => items.Count == 0 ? null
        : ClientNetworks.TryParse(string.Join(',', items), out var networks, out var error) ? networks
        : throw new InvalidValueException(error);
}
