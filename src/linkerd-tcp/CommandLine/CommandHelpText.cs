using System.Text;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>The help texts of the commands.</summary>
internal static class CommandHelpText
{
    /// <summary>The form of <c>resolve</c>.</summary>
    public const string ResolveUsage = "USAGE: linkerd-tcp resolve [OPTIONS] <NAME>";

    /// <summary>The form of <c>dtab check</c>.</summary>
    public const string DtabUsage = "USAGE: linkerd-tcp dtab check <FILE|->";

    /// <summary>The form of <c>config</c>.</summary>
    public const string ConfigUsage = "USAGE: linkerd-tcp config check|show|schema|reference [OPTIONS]";

    /// <summary>The form of <c>config check</c>.</summary>
    public const string ConfigCheckUsage = "USAGE: linkerd-tcp config check <FILE|->";

    /// <summary>The help text of <c>config check</c>.</summary>
    public static string ConfigCheck()
    {
        var text = new StringBuilder();
        text.Append("linkerd-tcp config check\nChecks a configuration file, and the files of certificates in it\n\n").Append(ConfigCheckUsage).Append("\n\nOPTIONS:\n");
        HelpText.Append(text, [CliOptions.HelpFlag]);
        text.Append(
            """

            ARGS:
                <FILE|->    The file, YAML or JSON, or - for standard input

            EXIT CODES:
                0     the file is valid; warnings are on stderr
                1     the output cannot be written
                64    the command line is wrong
                78    the file is not valid, or cannot be read; each error is on stderr as FILE:LINE:COLUMN: KEY: MESSAGE

            """);
        return text.ToString();
    }

    /// <summary>The help text of <c>resolve</c>.</summary>
    public static string Resolve()
    {
        var text = new StringBuilder();
        text.Append("linkerd-tcp resolve\nPrints each step of binding a name, and its endpoints\n\n").Append(ResolveUsage).Append("\n\nOPTIONS:\n");
        HelpText.Append(text, [CliOptions.HelpFlag, .. CliOptions.OfResolve]);
        text.Append("\nRESOLVERS (the proxy's options; -n also takes a list with commas, https:// for TLS, mesh:// and meshs:// for namerd's gRPC interface):\n");
        HelpText.Append(text, CliOptions.Naming);
        text.Append(
            """

            ARGS:
                <NAME>    A name, an address, or a tree of them, like the proxy's <TARGET>

            EXIT CODES:
                0     bound, with endpoints or with none; or --watch was ended
                1     failed, or the output cannot be written; the error is on stderr
                2     negative: the name does not exist, or leads to ! or $
                3     still pending after --timeout
                64    the command line is wrong

            """);
        return text.ToString();
    }

    /// <summary>The help text of <c>dtab check</c>.</summary>
    public static string Dtab()
    {
        var text = new StringBuilder();
        text.Append("linkerd-tcp dtab check\nChecks a dtab, and prints it in namerd's form\n\n").Append(DtabUsage).Append("\n\nOPTIONS:\n");
        HelpText.Append(text, [CliOptions.HelpFlag]);
        text.Append(
            """

            ARGS:
                <FILE|->    The file, or - for standard input

            EXIT CODES:
                0     the dtab is valid; it is on stdout in namerd's canonical form, warnings are on stderr
                1     the file cannot be read, or the output cannot be written
                64    the command line is wrong
                65    the dtab is not valid; each error is on stderr as FILE:LINE:COLUMN

            """);
        return text.ToString();
    }

    /// <summary>The help text of <c>config</c>.</summary>
    public static string Config() =>
        """
        linkerd-tcp config
        Prints configurations, and the keys that they may have

        USAGE: linkerd-tcp config check <FILE|->
               linkerd-tcp config show [--json] [--secrets] <FILE|->
               linkerd-tcp config show [--json] [--secrets] [OPTIONS OF THE PROXY] <TARGET>
               linkerd-tcp config schema
               linkerd-tcp config reference

        COMMANDS:
            check        Checks a file, and the files of certificates in it
            show         Prints the effective configuration as a file, with defaults, and the origin of each value as a comment
            schema       Prints the JSON Schema of files, for editors
            reference    Prints all keys and options with their types, ranges and defaults, in Markdown

        OPTIONS:
            -h, --help    Prints help information
            --json        show: print JSON, which has no comments
            --secrets     show: print secrets, not ***; needed if the output is to be read back and there are any

        ARGS:
            <FILE|->    A file that ends in .yml, .yaml or .json, or - for standard input; another name is given as --config <FILE>
            <TARGET>    A command line of the proxy is shown as the file that it stands for

        EXIT CODES:
            0     the text is on stdout
            1     the output cannot be written
            64    the command line is wrong
            78    the configuration is not valid; each error is on stderr as FILE:LINE:COLUMN

        """;
}
