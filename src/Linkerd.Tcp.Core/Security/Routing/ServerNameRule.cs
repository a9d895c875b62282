using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Routing;

namespace Linkerd.Tcp.Security;

/// <summary>Represents a rule that gives connections with a fitting server name and application protocol a name: <c>*.example.com=/svc/{1}</c>. Immutable.</summary>
public sealed class ServerNameRule
{
    /// <summary>Initializes a rule of its two parts.</summary>
    /// <param name="pattern">The pattern, such as <c>www.example.com</c>, <c>*.example.com</c>, <c>*.example.com,alpn=h2</c> or <c>alpn=h2</c>; <c>*</c> is one label.</param>
    /// <param name="target">The name; <c>{1}</c> is the label that the first <c>*</c> of the pattern stands for.</param>
    /// <exception cref="NameSyntaxException">One of the texts cannot be read, or the target has captures that the pattern has not.</exception>
    public ServerNameRule(string pattern, string target)
    {
        Pattern = ServerNamePattern.Parse(pattern);
        Target = DstPathTemplate.Parse(target, Pattern.Wildcards);
    }

    /// <summary>Gets the pattern.</summary>
    internal ServerNamePattern Pattern { get; }

    /// <summary>Gets the name, with captures.</summary>
    internal DstPathTemplate Target { get; }

    /// <summary>Reads <c>PATTERN=TARGET</c>, such as <c>*.example.com=/svc/{1}</c> or <c>grpc.example.com,alpn=h2=/svc/grpc</c>.</summary>
    /// <exception cref="NameSyntaxException">The text is no rule; the position is that in the whole text.</exception>
    public static ServerNameRule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var end = FindEndOfPattern(text);
        if (end < 0)
        {
            // What is wrong with the pattern says more than that the target is missing.
            _ = ServerNamePattern.Parse(text);
            throw PatternSyntax.Error("'=' and a name", text, text.Length);
        }

        var (pattern, target) = (text[..end], text[(end + 1)..]);
        _ = ServerNamePattern.Parse(pattern);
        try
        {
            return new ServerNameRule(pattern, target);
        }
        catch (NameSyntaxException e)
        {
            throw new NameSyntaxException(e.Message, end + 1 + e.Position);
        }
    }

    /// <summary>Returns the index of the <c>=</c> between the pattern and the target; -1 if there is none.</summary>
    /// <remarks>A protocol does not begin with a slash, and a name does: <c>alpn=/svc/web</c> is a rule for the host <c>alpn</c>.</remarks>
    internal static int FindEndOfPattern(string text)
    {
        var end = text.IndexOf('=', StringComparison.Ordinal);
        var isProtocolNext = end >= 0 && (text.AsSpan(0, end).EndsWith(",alpn", StringComparison.Ordinal) || (text.AsSpan(0, end) is "alpn" && !text.AsSpan(end + 1).StartsWith('/')));
        return isProtocolNext ? text.IndexOf('=', end + 1) : end;
    }

    /// <summary>Returns the rule as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => $"{Pattern}={Target}";
}
