namespace Linkerd.Tcp.Primitives;

/// <summary>A text that is not a name, or not a name tree. The message shows what was expected, what was found and where.</summary>
public sealed class NameSyntaxException : FormatException
{
    internal NameSyntaxException(string message, int position)
        : base(message)
    {
        Position = position;
    }

    /// <summary>The offset in characters, from 0, of the first character that does not fit; the length of the text where it ends too early.</summary>
    public int Position { get; }
}
