using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Security.Routing;

/// <summary>
/// Represents a pattern of server names, of application protocols, or of both: <c>*.example.com</c>, <c>*.example.com,alpn=h2</c>, <c>alpn=h2</c>. A label that is <c>*</c> stands for any one label. Immutable.
/// </summary>
/// <remarks>The comma needs no quotes in a shell, as a semicolon would, and is in no host name; Traefik's and HAProxy's way, an expression, is more than two fields need.</remarks>
internal sealed class ServerNamePattern
{
    /// <summary>A label that stands for any one label.</summary>
    public const string AnyLabel = "*";

    private const string ProtocolKey = "alpn=";
    private const int MaxProtocol = 255;
    private const int MaxName = 253;
    private const int MaxLabel = 63;
    private static readonly SearchValues<char> OfLabel = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    private static readonly IdnMapping Idn = new();

    private ServerNamePattern(ImmutableArray<string> labels, string? protocol) => (Labels, Protocol) = (labels, protocol);

    /// <summary>Gets the labels in lower case, from left to right; empty if any server name fits, and none.</summary>
    public ImmutableArray<string> Labels { get; }

    /// <summary>Gets the application protocol that the client must offer; null: any, and none.</summary>
    public string? Protocol { get; }

    /// <summary>Gets the number of labels that stand for any label.</summary>
    public int Wildcards => Labels.Count(label => label == AnyLabel);

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="NameSyntaxException">The text is none; the message shows the position.</exception>
    public static ServerNamePattern Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith(ProtocolKey, StringComparison.Ordinal))
        {
            return new([], ParseProtocol(text, ProtocolKey.Length));
        }

        var comma = text.IndexOf(',', StringComparison.Ordinal);
        var labels = ParseLabels(text, comma < 0 ? text.Length : comma);
        if (comma < 0)
        {
            return new(labels, null);
        }

        return text.AsSpan(comma + 1).StartsWith(ProtocolKey, StringComparison.Ordinal)
            ? new(labels, ParseProtocol(text, comma + 1 + ProtocolKey.Length))
            : throw PatternSyntax.Error("'alpn='", text, comma + 1);
    }

    /// <summary>Returns the pattern as <see cref="Parse"/> reads it.</summary>
    public override string ToString() =>
        Labels.IsEmpty ? ProtocolKey + Protocol : string.Join('.', Labels) + (Protocol is null ? string.Empty : $",{ProtocolKey}{Protocol}");

    private static string ParseProtocol(string text, int start)
    {
        for (var i = start; i < text.Length; i++)
        {
            if (text[i] is <= ' ' or > '~' or ',' or '=' || i - start == MaxProtocol || text[start] == '/')
            {
                throw PatternSyntax.Error($"an application protocol of at most {MaxProtocol} characters of ASCII without space, ',' and '=', and no '/' at its beginning,", text, i);
            }
        }

        return start < text.Length ? text[start..] : throw PatternSyntax.Error("an application protocol, such as h2 or http/1.1,", text, start);
    }

    private static ImmutableArray<string> ParseLabels(string text, int end)
    {
        if (text.AsSpan(0, end).ContainsAnyExceptInRange('\0', '\x7f'))
        {
            throw NotAscii(text, end);
        }

        // As in a ClientHello, a dot at the end is allowed and says nothing.
        var name = text[..end] is [_, .., '.'] dotted ? dotted[..^1] : text[..end];
        if (AddressLiteral.Read(name) is not null)
        {
            throw PatternSyntax.Error("a host name, as no client sends an address as server name (RFC 6066, 3),", text, 0);
        }

        var labels = ImmutableArray.CreateBuilder<string>();
        var start = 0;
        foreach (var label in name.Split('.'))
        {
            var wrong = label == AnyLabel ? -1 : label.AsSpan().IndexOfAnyExcept(OfLabel);
            if (wrong >= 0 || label.Length == 0)
            {
                var isStar = wrong >= 0 && label.Contains('*', StringComparison.Ordinal);
                throw PatternSyntax.Error(isStar ? "'*' as a whole label" : "a label of letters, digits, '-' and '_', or '*',", text, start + (isStar ? label.IndexOf('*', StringComparison.Ordinal) : Math.Max(wrong, 0)));
            }

            if (label.Length > MaxLabel)
            {
                throw PatternSyntax.Error($"a label of at most {MaxLabel} characters", text, start + MaxLabel);
            }

            labels.Add(label.ToLowerInvariant());
            start += label.Length + 1;
        }

        return name.Length <= MaxName ? labels.ToImmutable() : throw PatternSyntax.Error($"a host name of at most {MaxName} characters", text, MaxName);
    }

    // Clients send the form of DNS. It is not converted here, as the versions of IDNA differ and the runtime has but one; the message shows what may be meant.
    private static NameSyntaxException NotAscii(string text, int end)
    {
        string? converted = null;
        try
        {
            converted = Idn.GetAscii(text[..end].ToLowerInvariant());
        }
        catch (ArgumentException)
        {
            // Not a name in any form.
        }

        var position = text.AsSpan().IndexOfAnyExceptInRange('\0', '\x7f');
        return PatternSyntax.Error($"a host name in the form of DNS{(converted is null ? string.Empty : $" ('{converted}')")}", text, position);
    }
}
