using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Writes documents as namerd does, byte for byte: no white space, <c>type</c> first, absent members left out.</summary>
internal static class NamerdJson
{
    public static string Print(NameState state) => state switch
    {
        NameState.Bound bound => $$$"""{"type":"bound","addrs":[{{{string.Join(',', bound.Addresses.Select(Print))}}}],"meta":{{{{bound.Meta}}}}}""",
        NameState.Neg => """{"type":"neg"}""",
        NameState.Failed { Cause: { } cause } => $$"""{"type":"failed","cause":{{Quote(cause)}}}""",
        NameState.Failed => """{"type":"failed"}""",
        _ => throw new ArgumentException($"{state} has no document", nameof(state)),
    };

    public static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    private static string Print(StandInAddress address)
    {
        var meta = new StringBuilder(address.Meta);
        if (address.Weight is { } weight)
        {
            meta.Append(meta.Length > 0 ? "," : string.Empty).Append("\"endpoint_addr_weight\":").Append(JavaDouble.Print(weight));
        }

        return string.Create(CultureInfo.InvariantCulture, $$$"""{"ip":{{{Quote(address.Ip)}}},"port":{{{address.Port}}},"meta":{{{{meta}}}}}""");
    }
}
