# A guest's system: no services but those that the matrix starts. $address comes from the kernel's command line.
busybox mkdir -p /dev /proc /sys /run /tmp /root /mnt /var/log /srv
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
busybox mkdir -p /dev/pts /dev/shm
busybox mount -t devpts pts /dev/pts
busybox mount -t tmpfs shm /dev/shm
busybox mount -t tmpfs run /run
busybox mount -t tmpfs tmp /tmp
busybox --install -s /bin
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
for word in $(cat /proc/cmdline); do
  case $word in
    address=*) address=${word#address=} ;;
    host=*) hostname "${word#host=}" ;;
  esac
done

printf '%s\n' root:x:0:0:root:/root:/bin/sh nobody:x:65534:65534::/:/bin/false \
  sshd:x:101:65534::/run/sshd:/bin/false _rpc:x:102:65534::/run:/bin/false statd:x:103:65534::/var/lib/nfs:/bin/false >/etc/passwd
printf '%s\n' root:x:0: nogroup:x:65534: shadow:x:42: >/etc/group
printf '%s\n' '127.0.0.1 localhost' '10.9.0.1 host-a' '10.9.0.2 host-b' >/etc/hosts

for module in virtio_net virtio_console 9pnet_virtio fuse; do modprobe $module; done
ip link set lo up
ip address add "$address/24" dev eth0
ip link set eth0 up
mount -t ext4 /dev/vdc /srv

mkdir -p /run/rpcbind
printf '%s\n' '::respawn:/bin/sh /project/guest/agent.sh' >/etc/inittab
exec busybox init
