using System.Globalization;
using System.Text;
using Linkerd.Tcp.Cli.AccessLog;

namespace Linkerd.Tcp.FunctionalTests.AccessLog;

[Trait("Category", "AnyTransport")]
public sealed class TimeTextTests
{
    private static readonly DateTimeOffset First = new(2026, 2, 28, 23, 59, 59, 998, TimeSpan.FromHours(2));

    [Fact]
    public void Print_TimesAroundSecondsInTurns_SameAsFramework()
    {
        var random = new Random(1);
        Span<byte> buffer = stackalloc byte[TimeText.MaxLength];
        for (var i = 0; i < 2000; i++)
        {
            var time = First.AddMilliseconds(random.Next(-3, 1500)).AddTicks(random.Next(9999));
            var format = random.Next(2) == 0 ? "dd/MMM/yyyy:HH:mm:ss" : "yyyy-MM-dd'T'HH:mm:ss";
            var count = TimeText.Print(time, format, buffer);
            Assert.Equal(time.UtcDateTime.ToString(format + ".fff", CultureInfo.InvariantCulture), Encoding.ASCII.GetString(buffer[..count]));
        }
    }
}
