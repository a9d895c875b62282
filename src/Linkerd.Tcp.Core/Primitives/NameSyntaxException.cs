namespace Linkerd.Tcp.Primitives;

/// <summary>The exception that is thrown if a text is not a name, or not a tree of names. The message contains the expected text, the text that was found, and its position.</summary>
public sealed class NameSyntaxException : FormatException
{
    /// <summary>Initializes an exception for a position of a text.</summary>
    /// <param name="message">The message: the expected text, the text that was found, and its position.</param>
    /// <param name="position">The offset in characters, from 0, of the first character that does not fit.</param>
    public NameSyntaxException(string message, int position)
        : base(message)
    {
        Position = position;
    }

    /// <summary>Gets the offset in characters, from 0, of the first character that does not fit; the length of the text if it ends too early.</summary>
    public int Position { get; }
}
