namespace Linkerd.Tcp.LoadTest;

/// <summary>The exit codes of the program.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>An error happened in a run.</summary>
    public const int Failure = 1;

    /// <summary>EX_USAGE of sysexits.h: the command line was wrong.</summary>
    public const int Usage = 64;
}
