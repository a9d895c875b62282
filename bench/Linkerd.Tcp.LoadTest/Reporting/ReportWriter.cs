using System.Text.Json;

namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>Puts a report into a folder: for people, for programs, and as pictures.</summary>
internal static class ReportWriter
{
    public static void Write(ComparisonReport report, string folder)
    {
        File.WriteAllText(Path.Combine(folder, "compare.md"), MarkdownReport.Format(report));
        File.WriteAllText(Path.Combine(folder, "compare.json"), JsonSerializer.Serialize(report, JsonContext.Indented.ComparisonReport) + "\n");
        foreach (var workload in report.Workloads)
        {
            if (BarChart.Draw(workload) is { } picture)
            {
                File.WriteAllText(Path.Combine(folder, $"{workload.Name}.svg"), picture);
            }
        }
    }
}
