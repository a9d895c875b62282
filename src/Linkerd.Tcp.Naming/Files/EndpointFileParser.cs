using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>
/// Reads files of addresses: <c>HOST PORT</c> or <c>HOST PORT * WEIGHT</c> a line, a comment from <c>#</c> to the end of its line, and empty lines.
/// One line that is malformed fails the file. Pure; never throws, whatever it is given; takes time and memory in proportion to the input.
/// </summary>
/// <remarks>linkerd's <c>WatchingNamer</c>: white space is that of Java's <c>\s</c>.</remarks>
internal static class EndpointFileParser
{
    /// <summary>The size of the largest file that is read, in bytes.</summary>
    public const int MaxBytes = 500 * 1024;

    private const int MaxShownLength = 200;
    private const string Space = " \t\n\v\f\r";
    private static readonly SearchValues<char> Spaces = SearchValues.Create(Space);

    /// <summary>Parses the bytes of a file as UTF-8; invalid bytes count as U+FFFD.</summary>
    public static EndpointFile Parse(ReadOnlySpan<byte> content) => content.Length > MaxBytes
        ? Wrong(0, string.Create(CultureInfo.InvariantCulture, $"a file of at most {MaxBytes} bytes was expected"))
        : Parse(Encoding.UTF8.GetString(content).AsSpan());

    /// <summary>Parses the text of a file.</summary>
    public static EndpointFile Parse(ReadOnlySpan<char> text)
    {
        var endpoints = ImmutableArray.CreateBuilder<FileEndpoint>();
        var number = 0;

        // Editors of another system put the mark there; it is no part of the first host.
        text = text is ['\uFEFF', ..] ? text[1..] : text;
        foreach (var range in text.Split('\n'))
        {
            number++;
            var line = text[range];
            var comment = line.IndexOf('#');
            line = (comment < 0 ? line : line[..comment]).Trim(Space);
            if (line.IsEmpty)
            {
                continue;
            }

            if (!TryParseLine(line, out var endpoint))
            {
                return Wrong(number, $"malformed address: {Shown(line)}");
            }

            if (endpoint.Address is null && AddressLiteral.IsAmbiguous(endpoint.Host))
            {
                return Wrong(number, $"malformed address: {Shown(endpoint.Host)}: expected {AddressLiteral.Expected}, or a host name");
            }

            endpoints.Add(endpoint);
        }

        return new EndpointFile(endpoints.DrainToImmutable(), null, 0);
    }

    private static bool TryParseLine(ReadOnlySpan<char> line, out FileEndpoint endpoint)
    {
        endpoint = default;
        var host = TakeToken(ref line);
        var port = TakeToken(ref line);
        if (!TryParsePort(port, out var portNumber))
        {
            return false;
        }

        var weight = 1.0;
        if (!line.IsEmpty && (TakeToken(ref line) is not "*" || !JavaNumber.TryParse(TakeToken(ref line), out weight) || !line.IsEmpty))
        {
            return false;
        }

        endpoint = new FileEndpoint(host.ToString(), AddressOf(host), portNumber, weight);
        return true;
    }

    // Up to the next white space, and that too. Empty at the end of the line.
    private static ReadOnlySpan<char> TakeToken(ref ReadOnlySpan<char> line)
    {
        var end = line.IndexOfAny(Spaces);
        var token = end < 0 ? line : line[..end];
        line = end < 0 ? [] : line[end..].TrimStart(Space);
        return token;
    }

    private static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= ushort.MaxValue;

    // The interface of a zone comes and goes; that needs the lookup.
    private static IPAddress? AddressOf(ReadOnlySpan<char> host) =>
        AddressLiteral.WithoutBrackets(host) is var literal && AddressLiteral.HasZoneName(literal) ? null : AddressLiteral.Read(literal);

    private static string Shown(ReadOnlySpan<char> text) => text.Length > MaxShownLength ? $"{text[..MaxShownLength]}..." : text.ToString();

    private static EndpointFile Wrong(int line, string error) => new([], error, line);
}
