using Linkerd.Tcp.LoadTest.Measuring;

namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>One run of a cell: its figures, or why there are none.</summary>
internal sealed record CellRound
{
    public required int Round { get; init; }

    public RunResult? Result { get; init; }

    public string? Error { get; init; }
}
