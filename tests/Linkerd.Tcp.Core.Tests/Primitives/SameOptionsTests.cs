using System.Net;
using System.Reflection;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Primitives;

/// <summary>Options that are compared, so that only what has changed is changed.</summary>
public sealed class SameOptionsTests
{
    [Fact]
    public void IsSame_TcpOptions_LooksAtEveryOption() => Check<TcpOptions>(static () => new() { SendBufferSize = 7, ReceiveBufferSize = 7 }, static (one, other) => one.IsSame(other));

    [Fact]
    public void IsSame_ConnectPolicy_LooksAtEveryOption()
    {
        Check<ConnectOptions>(static () => new() { SourceAddresses = [IPAddress.Loopback], Tcp = new() }, static (one, other) => one.IsSame(other));
        Assert.False(new ConnectOptions { Tcp = new() }.IsSame(new ConnectOptions { Tcp = new() { NoDelay = false } }));
    }

    /// <summary>An option that is added later is found by itself.</summary>
    private static void Check<T>(Func<T> make, Func<T, T, bool> isSame)
        where T : class
    {
        Assert.True(isSame(make(), make()));
        foreach (var property in OptionsProbe.PropertiesOf(typeof(T)))
        {
            var own = property.GetValue(make());
            var others = OptionsValues.Of(property).Select(static value => value.Value).Where(value => !IsEqual(own, value) && (value is not null || own is not IEnumerable<IPAddress>)).ToList();
            Assert.True(others.Count > 0, $"{property.Name} has no other value to try.");
            Assert.All(others, value => Assert.False(isSame(make(), With(make(), property, value)), property.Name));
        }
    }

    private static bool IsEqual(object? own, object? value) => Equals(own, value) || (own is IEnumerable<IPAddress> list && value is IEnumerable<IPAddress> other && list.SequenceEqual(other));

    private static T With<T>(T options, PropertyInfo property, object? value)
    {
        property.SetValue(options, value);
        return options;
    }
}
