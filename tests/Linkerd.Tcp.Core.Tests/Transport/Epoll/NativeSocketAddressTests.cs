using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport.Epoll;

public sealed class NativeSocketAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:80", 2, 16)]
    [InlineData("255.254.253.252:65535", 2, 16)]
    [InlineData("[::1]:1", 10, 28)]
    [InlineData("[fe80::1234%7]:8080", 10, 28)]
    [InlineData("[::fffe:10.1.2.3]:443", 10, 28)]
    public void Read_WhatWasWritten_IsTheSame(string text, int family, int length)
    {
        var endPoint = IPEndPoint.Parse(text);
        var target = new byte[NativeSocketAddress.MaximumLength];
        target.AsSpan().Fill(0xAA);
        Assert.Equal(family, NativeSocketAddress.FamilyOf(endPoint));
        Assert.Equal(length, NativeSocketAddress.Write(endPoint, target));
        Assert.Equal(endPoint, NativeSocketAddress.Read(target.AsSpan(0, length)));
    }

    [Fact]
    public void Read_IPv4InTheFormOfIPv6_IsIPv4()
    {
        var target = new byte[NativeSocketAddress.MaximumLength];
        var length = NativeSocketAddress.Write(IPEndPoint.Parse("[::ffff:10.1.2.3]:443"), target);
        Assert.Equal(IPEndPoint.Parse("10.1.2.3:443"), NativeSocketAddress.Read(target.AsSpan(0, length)));
    }

    [Fact]
    public void Read_UnixPath_IsTheSame()
    {
        var endPoint = new UnixDomainSocketEndPoint("/tmp/a socket.sock");
        var target = new byte[NativeSocketAddress.MaximumLength];
        var length = NativeSocketAddress.Write(endPoint, target);
        Assert.Equal(1, NativeSocketAddress.FamilyOf(endPoint));
        Assert.Equal(endPoint.ToString(), NativeSocketAddress.Read(target.AsSpan(0, length))!.ToString());

        // Some calls count the terminating zero, some do not.
        Assert.Equal(endPoint.ToString(), NativeSocketAddress.Read(target.AsSpan(0, 2 + "/tmp/a socket.sock".Length))!.ToString());
    }

    [Theory]
    [InlineData("127.0.0.1:80")]
    [InlineData("[::1]:1")]
    public void Read_Truncated_IsNull(string text)
    {
        var target = new byte[NativeSocketAddress.MaximumLength];
        var length = NativeSocketAddress.Write(IPEndPoint.Parse(text), target);
        for (var i = 0; i < length; i++)
        {
            Assert.Null(NativeSocketAddress.Read(target.AsSpan(0, i)));
        }
    }

    [Fact]
    public void Read_NamelessUnixSocketOrForeignFamily_IsNull()
    {
        Assert.Null(NativeSocketAddress.Read([1, 0]));
        Assert.Null(NativeSocketAddress.Read([1, 0, 0, 0]));
        Assert.Null(NativeSocketAddress.Read([16, 0, .. new byte[30]]));
    }

    [Fact]
    public void FamilyOf_HostName_SaysWhatWasExpected()
    {
        var error = Assert.Throws<ArgumentException>(() => NativeSocketAddress.FamilyOf(new DnsEndPoint("example.org", 80)));
        Assert.Contains("An IP address with a port or the path of a Unix-domain socket was expected", error.Message, StringComparison.Ordinal);
    }
}
