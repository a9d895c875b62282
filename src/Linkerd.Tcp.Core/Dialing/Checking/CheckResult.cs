namespace Linkerd.Tcp.Dialing.Checking;

/// <summary>How one check ended.</summary>
/// <param name="Verdict">What it says of the endpoint.</param>
/// <param name="Detail">Where it did not pass: why, for the log.</param>
internal readonly record struct CheckResult(CheckVerdict Verdict, string? Detail = null)
{
    public static CheckResult Passed => new(CheckVerdict.Passed);

    public static CheckResult Failed(string? detail) => new(CheckVerdict.Failed, detail);

    public static CheckResult Inconclusive(string? detail) => new(CheckVerdict.Inconclusive, detail);
}
