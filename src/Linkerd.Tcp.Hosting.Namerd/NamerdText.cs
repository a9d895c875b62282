using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Namerd.Mesh;

namespace Linkerd.Tcp.Hosting.Namerd;

/// <summary>Parses the settings of namerd.</summary>
internal static class NamerdText
{
    /// <summary>Parses addresses of namerd: all of its HTTP interface, or all of its mesh interface.</summary>
    /// <exception cref="InvalidValueException">An item is not an address, or they are mixed.</exception>
    public static IReadOnlyList<Uri> ParseAddresses(IReadOnlyList<string> items)
    {
        var addresses = items.Select(ParseAddress).Distinct().ToList();
        var mesh = addresses.FindIndex(IsMesh);
        var http = addresses.FindIndex(address => !IsMesh(address));
        return mesh < 0 || http < 0 ? addresses
            : throw new InvalidValueException($"'{addresses[http]}' is of the HTTP interface and '{addresses[mesh]}' of the mesh; expected addresses of one kind");
    }

    /// <summary>Returns true if an address is of namerd's mesh interface (gRPC).</summary>
    public static bool IsMesh(Uri address) => address.Scheme is MeshAddress.Scheme or MeshAddress.TlsScheme;

    /// <summary>Returns true if an address is reached by TLS.</summary>
    public static bool IsTls(Uri address) => address.Scheme is "https" or MeshAddress.TlsScheme;

    /// <summary>Parses a namespace.</summary>
    /// <exception cref="InvalidValueException">The text cannot be a namespace.</exception>
    public static string ParseNamespace(string text) => NamerdAddress.IsNamespace(text)
        ? text
        : throw new InvalidValueException("expected a namespace, such as default, of what stands for itself in a URL: letters, digits, '-', '.', '_', '/'");

    private static Uri ParseAddress(string text) =>
        MeshAddress.IsMesh(text)
            ? MeshAddress.TryParse(text, out var mesh, out var wrong) ? mesh : throw new InvalidValueException(wrong)
            : NamerdAddress.TryParse(text, out var address, out var error) ? address : throw new InvalidValueException(error);
}
