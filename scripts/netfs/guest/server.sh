# Starts an NFS, an SMB and an SSH server for /srv/data. The other guest and this one are their clients.
set -e
mkdir -p /srv/data /run/rpcbind /run/rpc_pipefs /run/sshd /run/samba /var/lib/nfs/v4recovery /var/lib/nfs/sm \
  /var/lib/nfs/sm.bak /var/lib/samba/private /var/cache/samba /var/log/samba /root/.ssh
chmod 777 /srv/data

# After a start a server grants only locks that clients had before. Nobody had any, so this is as short as can be.
modprobe lockd nlm_timeout=3 nlm_grace_period=3
modprobe nfsd
mount -t nfsd nfsd /proc/fs/nfsd
mount -t rpc_pipefs pipes /run/rpc_pipefs
echo 10 >/proc/fs/nfsd/nfsv4gracetime
touch /var/lib/nfs/etab /var/lib/nfs/rmtab /var/lib/nfs/state
rpcbind -w
chown -R statd /var/lib/nfs/sm /var/lib/nfs/sm.bak /var/lib/nfs/state
rpc.statd
echo '/srv/data 10.9.0.0/24(rw,sync,no_subtree_check,no_root_squash,fsid=0)' >/etc/exports
exportfs -ra
rpc.mountd
rpc.nfsd 8
echo Y >/proc/fs/nfsd/v4_end_grace || true

cat >/etc/samba/smb.conf <<'END'
[global]
server role = standalone server
map to guest = never
log file = /var/log/samba/log
[data]
path = /srv/data
read only = no
END
printf 'secret\nsecret\n' | smbpasswd -s -a root
smbd -D

ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
printf '%s\n' 'HostKey /etc/ssh/ssh_host_ed25519_key' 'PermitRootLogin yes' 'StrictModes no' \
  'Subsystem sftp internal-sftp' >/etc/ssh/sshd_config
ssh-keygen -q -t ed25519 -N '' -f /run/key
cp /run/key.pub /root/.ssh/authorized_keys
/usr/sbin/sshd
