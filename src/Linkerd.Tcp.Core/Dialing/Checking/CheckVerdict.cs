namespace Linkerd.Tcp.Dialing.Checking;

/// <summary>What one check says.</summary>
internal enum CheckVerdict
{
    /// <summary>Nothing: local resources were short, or the check was given up.</summary>
    Inconclusive,

    /// <summary>The endpoint works.</summary>
    Passed,

    /// <summary>The endpoint does not work.</summary>
    Failed,
}
