namespace Linkerd.Tcp.Cli.Checking;

/// <summary>Cuts the text of a dtab at its semicolons, so that an error in one entry does not hide those of the others.</summary>
internal static class DtabSegments
{
    // The characters after which a comment may begin without white space before it: those that are complete by themselves.
    private const string Complete = ";()|&!~>*";

    /// <summary>Gets the parts between semicolons that are not of a comment; after the last one too.</summary>
    public static IEnumerable<Range> Of(string text)
    {
        var start = 0;
        var comment = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (comment)
            {
                comment = text[i] != '\n';
            }
            else if (text[i] == '#')
            {
                comment = i == 0 || char.IsWhiteSpace(text[i - 1]) || Complete.Contains(text[i - 1], StringComparison.Ordinal);
            }
            else if (text[i] == ';')
            {
                yield return start..i;
                start = i + 1;
            }
        }

        yield return start..text.Length;
    }
}
