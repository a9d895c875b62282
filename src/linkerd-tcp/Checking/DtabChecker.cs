using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Cli.Checking;

/// <summary>Finds all errors of a dtab.</summary>
internal static class DtabChecker
{
    /// <summary>
    /// Finds every error, in the order of the text. The first one has namerd's words, about the whole text; an error of a further entry has the words
    /// that namerd would use for that entry alone.
    /// </summary>
    public static IReadOnlyList<DtabProblem> FindErrors(string text)
    {
        if (Read(text) is not { } first)
        {
            return [];
        }

        var errors = new List<DtabProblem> { new(first.Position, true, first.Message) };
        foreach (var segment in DtabSegments.Of(text))
        {
            var (start, length) = segment.GetOffsetAndLength(text.Length);
            var entry = text[segment];
            var trimmed = entry.AsSpan().TrimStart();

            // Two semicolons in a row are an error, which the entry between them does not have by itself.
            var isLast = start + length == text.Length;
            var error = Read(trimmed.ToString()) ?? (isLast || !IsBlank(entry) ? null : Read(";"));
            var position = start + (IsBlank(entry) ? length : length - trimmed.Length) + (error?.Position ?? 0);
            if (error is not null && start > first.Position)
            {
                errors.Add(new DtabProblem(position, true, error.Message));
            }
        }

        return errors;
    }

    private static bool IsBlank(string entry) => Dtab.TryParse(entry, out var dtab) && dtab.Entries.IsEmpty;

    private static NameSyntaxException? Read(string text)
    {
        try
        {
            Dtab.Parse(text);
            return null;
        }
        catch (NameSyntaxException error)
        {
            return error;
        }
    }
}
