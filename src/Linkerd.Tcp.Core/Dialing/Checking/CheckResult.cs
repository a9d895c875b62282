namespace Linkerd.Tcp.Dialing.Checking;

/// <summary>The result of one check.</summary>
/// <param name="Verdict">The verdict about the endpoint.</param>
/// <param name="Detail">If it did not pass, the reason, for the log.</param>
internal readonly record struct CheckResult(CheckVerdict Verdict, string? Detail = null)
{
    public static CheckResult Passed => new(CheckVerdict.Passed);

    public static CheckResult Failed(string? detail) => new(CheckVerdict.Failed, detail);

    public static CheckResult Inconclusive(string? detail) => new(CheckVerdict.Inconclusive, detail);
}
