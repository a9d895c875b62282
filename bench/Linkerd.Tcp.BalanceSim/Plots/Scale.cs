namespace Linkerd.Tcp.BalanceSim.Plots;

/// <summary>From zero to a round number, or to the highest value itself, with about five ticks, on so many pixels.</summary>
internal sealed class Scale
{
    private const int TicksAtMost = 6;
    private readonly double _pixelsPerUnit;

    public Scale(double highest, double pixels, bool isExact = false)
    {
        var step = Step(Math.Max(highest, 1e-9) / TicksAtMost);
        var count = (int)Math.Max(1, isExact ? Math.Floor((highest / step) + 1e-9) : Math.Ceiling((highest / step) - 1e-9));
        Ticks = [.. Enumerable.Range(0, count + 1).Select(i => i * step)];
        _pixelsPerUnit = pixels / (isExact ? highest : count * step);
    }

    public IReadOnlyList<double> Ticks { get; }

    public double Pixels(double value) => value * _pixelsPerUnit;

    // The next of 1, 2 and 5 times a power of ten.
    private static double Step(double atLeast)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(atLeast)));
        double[] steps = [1, 2, 5, 10];
        return power * steps.First(step => power * step >= atLeast * (1 - 1e-9));
    }
}
