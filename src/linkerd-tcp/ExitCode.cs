namespace Linkerd.Tcp.Cli;

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    /// <summary>Help or version was printed, or the proxy was told to stop, whether or not sessions had to be aborted.</summary>
    public const int Success = 0;

    /// <summary>It could not start, or broke down.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong: EX_USAGE of sysexits.h, as in the original.</summary>
    public const int Usage = 64;
}
