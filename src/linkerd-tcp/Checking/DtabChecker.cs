using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Cli.Checking;

/// <summary>Finds everything that is wrong with a dtab.</summary>
internal static class DtabChecker
{
    /// <summary>
    /// Every error, in the order of the text. The first one is worded as namerd words it, about the whole text; where a further entry is wrong, as namerd
    /// would word it for that entry alone.
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
