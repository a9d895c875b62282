namespace Linkerd.Tcp.FunctionalTests;

/// <summary>For what another process does and tells nobody.</summary>
internal static class Eventually
{
    /// <summary>Asks every 10 ms until it is so, for at most 20 s.</summary>
    /// <param name="condition">What is asked.</param>
    /// <param name="describe">What to say where it never was so.</param>
    public static Task IsTrueAsync(Func<bool> condition, Func<string> describe) => IsTrueAsync(() => Task.FromResult(condition()), describe);

    /// <inheritdoc cref="IsTrueAsync(Func{bool}, Func{string})"/>
    public static async Task IsTrueAsync(Func<Task<bool>> condition, Func<string> describe)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var deadline = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(20), describe());
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
