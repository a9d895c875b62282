using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The text form of routes by server name: <c>*.example.com=/svc/{1}</c>, <c>grpc.example.com,alpn=h2=web:80</c>.</summary>
internal static class SniRouteText
{
    private const string SomeTarget = "/x";

    /// <summary>Parses a route.</summary>
    /// <exception cref="InvalidValueException">The text is not a route.</exception>
    public static SniRouteConfiguration Parse(string text)
    {
        var end = FindEndOfPattern(text);
        var pattern = ParsePattern(end < 0 ? text : text[..end]);
        var target = end < 0 ? string.Empty : text[(end + 1)..].Trim();
        if (target.Length == 0)
        {
            throw new InvalidValueException("the target is missing; expected PATTERN=TREE, such as '*.example.com=/svc/{1}' or www.example.com=web:80");
        }

        var route = new SniRouteConfiguration { Pattern = pattern, DstName = ParseTarget(target) };
        return FindProblem(route) is { } problem ? throw new InvalidValueException(problem) : route;
    }

    /// <summary>Prints a route as it is parsed.</summary>
    public static string? Print(SniRouteConfiguration route) => route is { Pattern: { } pattern, DstName: { } target } ? $"{pattern}={target}" : null;

    /// <summary>Parses a target.</summary>
    /// <exception cref="InvalidValueException">The text is not a target.</exception>
    public static SniRouteTarget ParseTarget(string text) => text.Contains('{', StringComparison.Ordinal) ? SniRouteTarget.FromTemplate(text) : new SniRouteTarget(TargetText.Parse(text));

    /// <summary>Parses a pattern.</summary>
    /// <returns>The pattern, in the form that equal patterns share.</returns>
    /// <exception cref="InvalidValueException">The text is not a pattern.</exception>
    public static string ParsePattern(string text)
    {
        try
        {
            return new ServerNameRule(text, SomeTarget).ToString()[..^(SomeTarget.Length + 1)];
        }
        catch (NameSyntaxException error)
        {
            throw new InvalidValueException($"{error.Message}; expected a pattern such as www.example.com, *.example.com, '*.example.com,alpn=h2' or alpn=h2");
        }
    }

    /// <summary>Returns true if a text is a pattern.</summary>
    public static bool IsPattern(string? text)
    {
        try
        {
            return text is not null && ParsePattern(text).Length > 0;
        }
        catch (InvalidValueException)
        {
            return false;
        }
    }

    /// <summary>Returns the problem of a target that does not fit its pattern; otherwise null.</summary>
    public static string? FindProblem(SniRouteConfiguration route)
    {
        try
        {
            _ = route.DstName is { HasCaptures: true } ? new ServerNameRule(route.Pattern!, route.DstName.ToString()) : null;
            return null;
        }
        catch (NameSyntaxException error)
        {
            return error.Message;
        }
    }

    // A protocol does not begin with a slash, so that alpn=/svc/web is a route for the host alpn.
    private static int FindEndOfPattern(string text)
    {
        var end = text.IndexOf('=', StringComparison.Ordinal);
        var isProtocolNext = end >= 0 && (text.AsSpan(0, end).EndsWith(",alpn", StringComparison.Ordinal) || (text.AsSpan(0, end) is "alpn" && !text.AsSpan(end + 1).StartsWith('/')));
        return isProtocolNext ? text.IndexOf('=', end + 1) : end;
    }
}
