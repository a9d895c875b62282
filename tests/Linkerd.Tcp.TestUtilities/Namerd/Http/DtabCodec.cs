using System.Text;
using System.Text.Json;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Dtabs in the bodies of requests and answers: as text and as JSON.</summary>
internal static class DtabCodec
{
    public const string Json = "application/json";

    /// <summary>What is wrong with a body.</summary>
    /// <param name="Message">namerd's words for it.</param>
    /// <param name="IsText">Whether it is no text of a dtab, or of a type that is not read.</param>
    /// <param name="IsNull">Whether it is JSON with a null where an entry should be.</param>
    public sealed record Error(string Message, bool IsText = false, bool IsNull = false);

    /// <summary>The type of an answer: the first one that the client names and that there is, whatever its weight; JSON otherwise.</summary>
    public static string Accepted(StandInRequest request) =>
        request.Headers.GetValueOrDefault("Accept", string.Empty).Split(',').Select(MediaType).FirstOrDefault(type => type is Json or "application/dtab" or "text/plain") ?? Json;

    /// <summary>A dtab as namerd prints it, weights with two decimals.</summary>
    public static string Print(Dtab dtab, string type) =>
        type == Json ? $"[{string.Join(',', dtab.Entries.Select(DelegateJson.Print))}]" : dtab.ToString(NameTreeFormat.Namerd);

    /// <summary>Reads the body of a request; what is wrong with it, or null.</summary>
    public static Error? Read(StandInRequest request, out StandInDtab? dtab)
    {
        dtab = null;
        var type = request.Headers.GetValueOrDefault("Content-Type", string.Empty);
        switch (MediaType(type))
        {
            case Json:
                return ReadJson(request.Body, ref dtab);
            case "application/dtab" or "text/plain":
                try
                {
                    dtab = StandInDtab.Parse(request.Body);
                    return null;
                }
                catch (NameSyntaxException exception)
                {
                    return new Error(exception.Message, IsText: true);
                }

            default:
                return new Error($"Invalid Content-Type \"{type}\". ", IsText: true);
        }
    }

    /// <summary>The bytes of base64 with anything else among it; null where it is none.</summary>
    public static byte[]? DecodeLeniently(string text)
    {
        var digits = new string([.. text.Where(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/')]);
        var bytes = new byte[digits.Length];
        return Convert.TryFromBase64String(digits.PadRight((digits.Length + 3) / 4 * 4, '='), bytes, out var written) ? bytes[..written] : null;
    }

    private static string MediaType(string value) => value.Split(';')[0].Trim().ToLowerInvariant();

    private static Error? ReadJson(string body, ref StandInDtab? dtab)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var text = new StringBuilder();
            foreach (var entry in json.RootElement.EnumerateArray())
            {
                if (entry.ValueKind == JsonValueKind.Null)
                {
                    return new Error($"The dtab contains invalid dentries: {body}", IsNull: true);
                }

                if (entry.EnumerateObject().Any(member => member.Name is not ("prefix" or "dst")))
                {
                    return new Error("unknown member");
                }

                text.Append(entry.GetProperty("prefix").GetString()).Append("=>").Append(entry.GetProperty("dst").GetString()).Append(';');
            }

            dtab = StandInDtab.Parse(text.ToString());
            return null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or NameSyntaxException)
        {
            return new Error(exception.Message);
        }
    }
}
