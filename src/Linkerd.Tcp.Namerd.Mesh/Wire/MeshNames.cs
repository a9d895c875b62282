using System.Text;
using Google.Protobuf;
using Path = Linkerd.Tcp.Namerd.Protocol.Path;

namespace Linkerd.Tcp.Namerd.Mesh.Wire;

/// <summary>The wire form of names: the bytes of each label, without escapes.</summary>
internal static class MeshNames
{
    private const int EscapeLength = 4;

    public static Path ToMessage(DstPath name)
    {
        var path = new Path();
        for (var i = 0; i < name.Count; i++)
        {
            path.Elems.Add(ToBytes(name[i]));
        }

        return path;
    }

    /// <summary>Gets the bytes of a label in its canonical form: as it stands, or every byte as <c>\xhh</c>.</summary>
    public static ByteString ToBytes(string label)
    {
        if (!label.StartsWith('\\'))
        {
            return ByteString.CopyFromUtf8(label);
        }

        var bytes = new byte[label.Length / EscapeLength];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = Convert.ToByte(label.Substring((i * EscapeLength) + 2, 2), 16);
        }

        return ByteString.CopyFrom(bytes);
    }

    /// <exception cref="MeshFormatException">A label is empty.</exception>
    public static DstPath FromMessage(Path? path)
    {
        if (path is null || path.Elems.Count == 0)
        {
            return DstPath.Root;
        }

        var text = new StringBuilder();
        foreach (var label in path.Elems)
        {
            AppendLabel(text, label);
        }

        return DstPath.Parse(text.ToString());
    }

    /// <summary>Appends <c>/</c> and a label in the form of a text that is parsed.</summary>
    /// <exception cref="MeshFormatException">It is empty.</exception>
    public static void AppendLabel(StringBuilder text, ByteString label)
    {
        if (label.IsEmpty)
        {
            throw new MeshFormatException("a name has an empty label");
        }

        text.Append('/');
        foreach (var b in label.Span)
        {
            Append(text, b);
        }
    }

    private static void Append(StringBuilder text, byte b)
    {
        if (char.IsAsciiLetterOrDigit((char)b) || "_:.#$%-".Contains((char)b, StringComparison.Ordinal))
        {
            text.Append((char)b);
        }
        else
        {
            text.Append("\\x").Append(Convert.ToHexStringLower([b]));
        }
    }
}
