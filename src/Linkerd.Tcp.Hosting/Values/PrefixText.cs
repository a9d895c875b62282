using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Prefixes of names.</summary>
internal static class PrefixText
{
    /// <summary>Reads a prefix.</summary>
    /// <exception cref="InvalidValueException">The text is not a name.</exception>
    public static DstPath Parse(string text)
    {
        try
        {
            return DstPath.Parse(text);
        }
        catch (NameSyntaxException error)
        {
            throw new InvalidValueException(error.Message);
        }
    }
}
