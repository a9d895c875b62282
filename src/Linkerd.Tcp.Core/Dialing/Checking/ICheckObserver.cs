namespace Linkerd.Tcp.Dialing.Checking;

/// <summary>Who is told of the result of each check; on any thread, must neither block nor throw.</summary>
internal interface ICheckObserver
{
    /// <summary>A check has ended, and its result is in force.</summary>
    /// <param name="target">Of which endpoint.</param>
    /// <param name="result">How.</param>
    /// <param name="isHeldBack">Whether the endpoint counts as down, but may not be ejected for it.</param>
    void OnChecked(CheckTarget target, CheckResult result, bool isHeldBack);
}
