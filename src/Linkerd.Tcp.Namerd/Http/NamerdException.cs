namespace Linkerd.Tcp.Namerd;

/// <summary>A question to namerd that came to nothing. The message is a whole sentence for a log, without its end.</summary>
internal sealed class NamerdException(string message, NamerdException.Reason why = NamerdException.Reason.Error) : Exception(message)
{
    public enum Reason
    {
        /// <summary>Anything that is not one of the others.</summary>
        Error,

        /// <summary>The connection stands, and nothing came in time.</summary>
        Silence,
    }

    public Reason Why { get; } = why;
}
