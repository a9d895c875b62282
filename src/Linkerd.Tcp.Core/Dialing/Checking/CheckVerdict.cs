namespace Linkerd.Tcp.Dialing.Checking;

/// <summary>Specifies the verdict of one check.</summary>
internal enum CheckVerdict
{
    /// <summary>None: local resources were short, or the check was given up.</summary>
    Inconclusive,

    /// <summary>The endpoint works.</summary>
    Passed,

    /// <summary>The endpoint does not work.</summary>
    Failed,
}
