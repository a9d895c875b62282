namespace Linkerd.Tcp.Cli.Primitives;

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    /// <summary>Help or version was printed; the proxy was told to stop, whether or not sessions had to be aborted; the name is bound; the dtab is one.</summary>
    public const int Success = 0;

    /// <summary>It could not start, or broke down; the name cannot be resolved.</summary>
    public const int Failure = 1;

    /// <summary><c>resolve</c>: the name does not exist.</summary>
    public const int Negative = 2;

    /// <summary><c>resolve</c>: nothing is known about the name yet.</summary>
    public const int Pending = 3;

    /// <summary>The command line is wrong: EX_USAGE of sysexits.h, as in the original.</summary>
    public const int Usage = 64;

    /// <summary><c>dtab check</c>: the text is no dtab. EX_DATAERR of sysexits.h.</summary>
    public const int BadData = 65;
}
