using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Linkerd.Tcp.Hosting.Table;

/// <summary>Writes JSON with indentation.</summary>
internal static class JsonText
{
    public static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();

        // For files and terminals, not for pages: a dtab has its arrows as they are.
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + '\n';
    }

    public static void Write(this Utf8JsonWriter writer, PrintedNode node)
    {
        switch (node)
        {
            case PrintedNode.Mapping mapping:
                writer.WriteStartObject();
                foreach (var entry in mapping.Entries.Where(static entry => !entry.IsDefault))
                {
                    writer.WritePropertyName(entry.Key);
                    writer.Write(entry.Value);
                }

                writer.WriteEndObject();
                break;

            case PrintedNode.Sequence list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                {
                    writer.Write(item);
                }

                writer.WriteEndArray();
                break;

            case PrintedNode.Scalar { IsLiteral: true } literal:
                writer.WriteRawValue(literal.Text);
                break;

            case PrintedNode.Scalar scalar:
                writer.WriteStringValue(scalar.Text);
                break;
        }
    }
}
