using Linkerd.Tcp.Cli.Primitives;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Checking;

/// <summary>Runs <c>dtab check</c>.</summary>
internal static class DtabCheckRunner
{
    /// <summary>Checks a file.</summary>
    /// <param name="file">The path; <c>-</c> for the standard input.</param>
    /// <param name="input">Opens the standard input.</param>
    /// <param name="output">Receives the dtab.</param>
    /// <param name="errors">Receives its errors.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string file, Func<TextReader> input, TextWriter output, TextWriter errors)
    {
        string text;
        try
        {
            text = file == "-" ? input().ReadToEnd() : File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            errors.Write($"error: '{file}' cannot be read ({error.InnerException?.Message ?? error.Message})\n");
            return ExitCode.Failure;
        }

        var wrong = DtabChecker.FindErrors(text);
        var dtab = wrong.Count == 0 ? Dtab.Parse(text) : null;
        var lines = new TextLines(text);
        foreach (var problem in dtab is null ? wrong : DtabAdvisor.FindOddities(text, dtab))
        {
            errors.Write($"{file}:{lines.PositionOf(problem.Position)}: {(problem.IsError ? "error" : "warning")}: {problem.Message}\n");
        }

        if (dtab is null)
        {
            return ExitCode.BadData;
        }

        output.Write(dtab.ToString(NameTreeFormat.Namerd) + '\n');
        return ExitCode.Success;
    }
}
