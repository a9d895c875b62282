using System.Text;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Parses the target of sessions.</summary>
internal static class TargetText
{
    // The characters that a tree of names may have at the beginning of a branch.
    private const string BranchStart = "/(!~$";
    private const string BranchEnd = "&|()";
    private const string CommentAfter = ")!~";

    /// <summary>Reads a name, an address of a server, or a tree of them.</summary>
    /// <exception cref="InvalidValueException">It is none of these.</exception>
    public static NameTree Parse(string text)
    {
        try
        {
            var tree = NameTree.Parse(ReplaceEndpoints(text));
            return tree.Names().Any(name => name.Count == 0) ? throw new InvalidValueException("'/' leads nowhere; expected a name such as /svc/foo") : tree;
        }
        catch (NameSyntaxException error)
        {
            throw new InvalidValueException(
                $"{error.Message}; expected an address such as 127.0.0.1:8080, a name such as /svc/foo, or a tree of them such as '3 * web:80 & 1 * /svc/bar' or '/svc/foo | /svc/bar'");
        }
    }

    // Addresses in their usual form are no part of namerd's grammar: each becomes the name that means it.
    private static string ReplaceEndpoints(string text)
    {
        var result = new StringBuilder(text.Length);
        var position = 0;
        while (position < text.Length)
        {
            position = CopySpace(text, position, result);
            var weight = LengthOfWeight(text, position);
            result.Append(text, position, weight);
            position = CopySpace(text, position + weight, result);
            if (position < text.Length && !BranchStart.Contains(text[position], StringComparison.Ordinal) && !BranchEnd.Contains(text[position], StringComparison.Ordinal))
            {
                var endpoints = text.Substring(position, LengthOfEndpoints(text.AsSpan(position)));
                position += endpoints.Length;
                var isWeight = text.AsSpan(position).TrimStart().StartsWith('*');
                result.Append(isWeight || !EndpointText.IsMeant(endpoints) ? endpoints : EndpointText.ToName(endpoints));
            }

            // The rest of the branch, and the separator before the next one. A '#' that does not follow a letter of a name begins a comment.
            while (position < text.Length && text[position] is not ('&' or '|' or '('))
            {
                if (text[position] == '#' && position > 0 && (char.IsWhiteSpace(text[position - 1]) || CommentAfter.Contains(text[position - 1], StringComparison.Ordinal)))
                {
                    position = CopySpace(text, position, result);
                }
                else
                {
                    result.Append(text[position++]);
                }
            }

            while (position < text.Length && text[position] is '&' or '|' or '(')
            {
                result.Append(text[position++]);
            }
        }

        return result.ToString();
    }

    // White space and comments.
    private static int CopySpace(string text, int position, StringBuilder result)
    {
        while (position < text.Length && (char.IsWhiteSpace(text[position]) || text[position] == '#'))
        {
            var end = text[position] == '#' ? text.IndexOf('\n', position) : position + 1;
            end = end < 0 ? text.Length : end;
            result.Append(text, position, end - position);
            position = end;
        }

        return position;
    }

    // "3 *", or nothing: "3" may begin an address too.
    private static int LengthOfWeight(string text, int start)
    {
        var end = start;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.'))
        {
            end++;
        }

        var star = end;
        while (star < text.Length && char.IsWhiteSpace(text[star]))
        {
            star++;
        }

        return end > start && star < text.Length && text[star] == '*' ? star + 1 - start : 0;
    }

    // Up to white space that is not beside a comma, or the end of a branch.
    private static int LengthOfEndpoints(ReadOnlySpan<char> text)
    {
        var end = 0;
        while (end < text.Length && !BranchEnd.Contains(text[end], StringComparison.Ordinal))
        {
            if (char.IsWhiteSpace(text[end]))
            {
                var next = end + 1;
                while (next < text.Length && char.IsWhiteSpace(text[next]))
                {
                    next++;
                }

                if (text[end - 1] != ',' && (next == text.Length || text[next] != ','))
                {
                    break;
                }

                end = next;
            }
            else
            {
                end++;
            }
        }

        return end;
    }
}
