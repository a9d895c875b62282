namespace Linkerd.Tcp.Dialing.Checking;

/// <summary>Receives the result of each check; on any thread, must neither block nor throw.</summary>
internal interface ICheckObserver
{
    /// <summary>Called when a check has ended, and its result is in force.</summary>
    /// <param name="target">The endpoint.</param>
    /// <param name="result">The result.</param>
    /// <param name="isHeldBack">True if the endpoint counts as down, but may not be ejected for it.</param>
    void OnChecked(CheckTarget target, CheckResult result, bool isHeldBack);
}
