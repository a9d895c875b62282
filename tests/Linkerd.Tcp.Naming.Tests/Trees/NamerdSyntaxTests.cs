using System.Text.Json;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Naming.Tests.Trees;

/// <summary>Dtabs as a real namerd 1.7.5 read and printed them, and the errors that it gave.</summary>
public sealed class NamerdSyntaxTests
{
    private static readonly JsonElement Questions =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Captures", "interpreter.json"))).RootElement;

    [Fact]
    public void Parse_EveryRecordedDtab_IsReadAndPrintedAsNamerdDid()
    {
        var wrong = new List<string>();
        foreach (var question in Questions.EnumerateArray())
        {
            if (question.TryGetProperty("dtab", out var dtab))
            {
                var expected = question.TryGetProperty("error", out var error) ? error.GetString()! : question.GetProperty("shown").GetString()!;
                var actual = Read(dtab.GetString()!);
                if (actual != expected)
                {
                    wrong.Add($"dtab:     {dtab.GetString()}\nexpected: {expected}\nactual:   {actual}\n");
                }
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} differ, such as\n{string.Join('\n', wrong.Take(5))}");
    }

    [Fact]
    public void Parse_ExactPrintOfEveryRecordedDtab_IsTheSameDtab()
    {
        foreach (var question in Questions.EnumerateArray().Where(question => question.TryGetProperty("shown", out _)))
        {
            var dtab = Dtab.Parse(question.GetProperty("dtab").GetString()!);

            Assert.Equal(dtab, Dtab.Parse(dtab.ToString()));
        }
    }

    private static string Read(string text)
    {
        try
        {
            return Dtab.Parse(text).ToString(NameTreeFormat.Namerd);
        }
        catch (NameSyntaxException exception)
        {
            return exception.Message;
        }
    }
}
