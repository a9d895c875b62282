using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Writes documents as namerd does, byte for byte: no white space, <c>type</c> first, absent members left out.</summary>
internal static class NamerdJson
{
    private static readonly ConditionalWeakTable<NameState.Bound, string> Addresses = [];

    /// <summary>The document of a state.</summary>
    /// <param name="state">The state: bound, negative or failed.</param>
    /// <param name="weight">The weight of the branch of a union that it is the addresses of; it goes into the metadata of what is bound.</param>
    public static string Print(NameState state, double? weight = null) => state switch
    {
        NameState.Bound bound => $$$"""{"type":"bound","addrs":[{{{Addresses.GetValue(bound, PrintAddresses)}}}],"meta":{{{{Join(bound.Meta, "namer_nametree_weight", weight)}}}}}""",
        NameState.Neg => """{"type":"neg"}""",
        NameState.Failed { Cause: { } cause } => $$"""{"type":"failed","cause":{{Quote(cause)}}}""",
        NameState.Failed => """{"type":"failed"}""",
        _ => throw new ArgumentException($"{state} has no document", nameof(state)),
    };

    public static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    // Large sets are printed once for all watches that send them.
    private static string PrintAddresses(NameState.Bound bound)
    {
        var text = new StringBuilder();
        foreach (var address in bound.Addresses)
        {
            text.Append(text.Length > 0 ? "," : string.Empty).Append("{\"ip\":").Append(Quote(address.Ip)).Append(",\"port\":").Append(address.Port)
                .Append(",\"meta\":{").Append(Join(address.Meta, "endpoint_addr_weight", address.Weight)).Append("}}");
        }

        return text.ToString();
    }

    private static string Join(string meta, string name, double? weight) =>
        weight is not { } number ? meta : $"{meta}{(meta.Length > 0 ? "," : string.Empty)}\"{name}\":{JavaDouble.Print(number)}";
}
