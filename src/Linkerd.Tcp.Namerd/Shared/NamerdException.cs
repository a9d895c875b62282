

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>A request to namerd that failed. The message is a whole sentence for a log, without its end.</summary>
internal sealed class NamerdException(string message, NamerdException.Reason why = NamerdException.Reason.Error) : IOException(message)
{
    public enum Reason
    {
        /// <summary>namerd answered with an error about this name.</summary>
        Error,

        /// <summary>The connection stands, and nothing came in time.</summary>
        Silence,

        /// <summary>There is no connection.</summary>
        Unreachable,

        /// <summary>The peer does not answer as namerd does, to any request.</summary>
        Unusable,
    }

    public Reason Why { get; } = why;
}
