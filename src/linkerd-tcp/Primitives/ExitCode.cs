namespace Linkerd.Tcp.Cli.Primitives;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCode
{
    /// <summary>Help or version was printed; the proxy was stopped by a signal, with or without aborted sessions; the name is bound; the dtab is valid.</summary>
    public const int Success = 0;

    /// <summary>It could not start, or broke down; the name cannot be resolved.</summary>
    public const int Failure = 1;

    /// <summary><c>resolve</c>: the name does not exist.</summary>
    public const int Negative = 2;

    /// <summary><c>resolve</c>: the state of the name is not known yet.</summary>
    public const int Pending = 3;

    /// <summary>The command line is wrong: EX_USAGE of sysexits.h, as in the original.</summary>
    public const int Usage = 64;

    /// <summary><c>dtab check</c>: the text is not a dtab. EX_DATAERR of sysexits.h.</summary>
    public const int BadData = 65;

    /// <summary>The configuration cannot be used: its file is not valid, or a certificate, key or root file is missing, not readable, or does not fit. EX_CONFIG of sysexits.h.</summary>
    public const int Configuration = 78;
}
