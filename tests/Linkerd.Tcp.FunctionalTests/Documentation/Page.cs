using System.Globalization;
using System.Text.RegularExpressions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// A page of the documentation as the steps that a reader takes. The words behind the backticks of a block say which:
/// <c>console</c> has commands behind <c>$ </c> and their output, <c>console NAME</c> the same for another terminal, where the last command may go on running,
/// <c>bash</c> a command whose output is not shown, and <c>LANGUAGE FILE</c> the content of a file, <c>LANGUAGE &gt;&gt; FILE</c> lines to add to it. All other blocks are not for readers to type.
/// </summary>
internal sealed partial class Page
{
    private const string Fence = "```";
    private const string Prompt = "$ ";

    private Page(string name, IReadOnlyList<PageStep> steps, IReadOnlySet<string> ports)
    {
        Name = name;
        Steps = steps;
        Ports = ports;
    }

    /// <summary>Gets its path below docs/.</summary>
    public string Name { get; }

    /// <summary>Gets its steps, in order.</summary>
    public IReadOnlyList<PageStep> Steps { get; }

    /// <summary>Gets the ports in it.</summary>
    public IReadOnlySet<string> Ports { get; }

    /// <summary>Reads a page. The ports of this machine in its commands and files, which may be taken, become free ones, the same for all places of a port.</summary>
    public static Page Read(string name, string text)
    {
        var typed = ReadSteps(text.Split('\n')).Select(static step => step is CommandStep command ? command.Text : ((FileStep)step).Text);
        var ports = typed.SelectMany(static text => LocalPort.Matches(text)).Select(static match => match.Groups["port"].Value).Distinct()
            .ToDictionary(static port => port, static _ => FreePort.Next().ToString(CultureInfo.InvariantCulture));
        if (ports.Count > 0)
        {
            text = Regex.Replace(text, $@"(?<![\w.])({string.Join('|', ports.Keys)})(?![\w.])", match => ports[match.Value]);
        }

        return new Page(name, [.. ReadSteps(text.Split('\n'))], ports.Values.ToHashSet());
    }

    private static IEnumerable<PageStep> ReadSteps(string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith(Fence, StringComparison.Ordinal))
            {
                continue;
            }

            var words = lines[i][Fence.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var first = ++i;
            for (; lines[i] != Fence; i++)
            {
            }

            var block = lines[first..i];
            var steps = words switch
            {
                ["console"] => ReadCommands("", first, block),
                ["console", var terminal] => ReadCommands(terminal, first, block),
                ["bash"] => [new CommandStep(first + 1, "", string.Join('\n', block), null, MayRunOn: false)],
                [_, var file] => [new FileStep(first + 1, file, Text(block), IsAppended: false)],
                [_, ">>", var file] => [new FileStep(first + 1, file, Text(block), IsAppended: true)],
                _ => [],
            };
            foreach (var step in steps)
            {
                yield return step;
            }
        }
    }

    private static string Text(string[] block) => string.Concat(block.Select(static line => line + "\n"));

    private static IEnumerable<PageStep> ReadCommands(string terminal, int first, string[] block)
    {
        for (var i = 0; i < block.Length;)
        {
            var (start, text) = (i, "");
            if (block[i].StartsWith(Prompt, StringComparison.Ordinal))
            {
                text = block[i++][Prompt.Length..];
                while (text.EndsWith('\\') && i < block.Length)
                {
                    text += "\n" + block[i++];
                }
            }
            else if (block[i].StartsWith(CommandStep.Interrupt, StringComparison.Ordinal))
            {
                text = CommandStep.Interrupt;
                block[i] = block[i][text.Length..];
                i += block[i].Length == 0 ? 1 : 0;
            }

            var output = i;
            for (; i < block.Length && !block[i].StartsWith(Prompt, StringComparison.Ordinal) && !block[i].StartsWith(CommandStep.Interrupt, StringComparison.Ordinal); i++)
            {
            }

            yield return new CommandStep(first + start + 1, terminal, text, block[output..i], MayRunOn: terminal.Length > 0 && i == block.Length);
        }
    }

    [GeneratedRegex(@"((127\.0\.0\.1|localhost)[: ]|\bport""?: |--admin |-l |http\.server )(?<port>[1-9]\d{3}|[12]\d{4})(?![\w.])")]
    private static partial Regex LocalPort { get; }
}
