using Linkerd.Tcp.Namerd;

namespace Linkerd.Tcp.Cli;

/// <summary>What namerd is told.</summary>
internal static class NamerdText
{
    /// <summary>Reads the address of namerd's HTTP interface.</summary>
    /// <exception cref="InvalidValueException">It is none.</exception>
    public static Uri ParseAddress(string text) =>
        NamerdAddress.TryParse(text, out var address, out var error) ? address : throw new InvalidValueException(error);

    /// <summary>Reads a namespace.</summary>
    /// <exception cref="InvalidValueException">It cannot be one.</exception>
    public static string ParseNamespace(string text) => NamerdAddress.IsNamespace(text)
        ? text
        : throw new InvalidValueException("expected a namespace, such as default, of what stands for itself in a URL: letters, digits, '-', '.', '_', '/'");
}
