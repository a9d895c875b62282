using System.Text.Json;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>The <c>bound</c> of a leaf.</summary>
/// <param name="Id">The concrete name; null if there is none that can be used.</param>
/// <param name="Residual">The rest of the name.</param>
/// <param name="Addresses">The known state of its addresses.</param>
/// <param name="Problem">The problem; null if there is none.</param>
internal sealed record BoundName(DstPath? Id, DstPath Residual, Resolution Addresses, string? Problem);

/// <summary>Reads the <c>bound</c> of a leaf.</summary>
internal static class BoundNameReader
{
    /// <summary>Reads from the brace that opens the object to the one that closes it.</summary>
    public static BoundName Read(ref Utf8JsonReader json)
    {
        string? id = null;
        string? residual = null;
        Resolution addresses = Resolution.Pending.Instance;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("id"u8))
            {
                json.Read();
                id = DocumentJson.TakeString(ref json);
            }
            else if (json.ValueTextEquals("path"u8))
            {
                json.Read();
                residual = DocumentJson.TakeString(ref json);
            }
            else if (json.ValueTextEquals("addr"u8))
            {
                json.Read();
                addresses = json.TokenType == JsonTokenType.StartObject ? ResolveDocumentReader.Read(ref json).Resolution : Resolution.Pending.Instance;
                json.Skip();
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        if (!DstPath.TryParse(id, null, out var name))
        {
            return new BoundName(null, DstPath.Root, addresses, id is null ? "a leaf has no 'id'" : $"the id {FailureText.Quote(id)} of a leaf is no name");
        }

        // A TCP proxy does not use the residual, so one that cannot be read must not cost the addresses.
        return new BoundName(name, DstPath.TryParse(residual, null, out var rest) ? rest : DstPath.Root, addresses, Problem: null);
    }
}
